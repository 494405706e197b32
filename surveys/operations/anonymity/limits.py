"""What is promised, and what is honestly not protected: one source for the report and the documentation."""

from django.utils.translation import gettext_lazy as _

PROMISE = (
    _(
        "While a study runs, nobody who uses the application, be it facilitator, co-panelist, author or administrator, "
        "can see or export how an identified person rated."
    ),
    _("A stolen database, or a backup of the database alone, does not reveal it either."),
    _("Facilitators can see whether somebody has answered, never what."),
    _(
        "So answers are anonymous to facilitators and co-panelists, and confidential towards whoever runs the server "
        "until the study is sealed."
    ),
)

NOT_PROTECTED = (
    _(
        "Whoever controls the running server while a study runs could read its memory, change the program, or have it "
        "write more into its logs."
    ),
    _(
        "Somebody who holds both the database and the keystore with the master key, or a backup of each, can tell "
        "whose every sheet is and read it, until the study is sealed and the last copy of its key is gone."
    ),
    _("Whoever reads a panelist's mailbox, or runs it, can open that panelist's link."),
    _("An observer of the network who sees both ends can tell roughly when somebody answered."),
    _(
        "The fact that somebody answered is known to the facilitators. One who changes an address learns also whether "
        "anything was ever saved under it, a draft included; the change stands in the log."
    ),
    _(
        "A reason may give its author away by its style or by what it tells, above all to a facilitator who knows the "
        "writers. The facilitator reads every reason before the panel does, and can hide it or publish it in other "
        "words."
    ),
    _("Where all ratings are alike, or nearly so, everybody knows everybody's."),
    _(
        "Somebody who knows all ratings but one knows the last: a coalition of all the others, or a facilitator who "
        "fills the panel with addresses of their own. The log shows how many were added, removed or replaced, and by "
        "whom; nothing prevents it."
    ),
    _(
        "When somebody joins or leaves between two rounds and the others hardly change their ratings, the means and "
        "numbers of both rounds can be subtracted, and so can the shares of two option surveys."
    ),
    _(
        "A statement, vignette or option that is dropped and written anew counts as a new one, so that nothing is "
        "hidden for its likeness to the old. The panel reads every such step, with its reason."
    ),
    _(
        "In a group, too, all may rate alike. Medians, shares and numbers of a group in two rounds can be compared, "
        "and so can those of two groups with the whole panel's."
    ),
    _(
        "When two join or leave between two rounds, histograms are shown, and their difference tells what both rated "
        "together, as far as all others kept their ratings. Whoever is one of the two, or put one of them into the "
        "other's place, then knows what the other rated."
    ),
    _("Where only one person would rate in such a way, or abstain from such a statement, their answer needs no name."),
    _("A panelist can be made to show their own page, or their receipt."),
)
