"""The attacks Q1 to Q22 of the brief, in the order in which a trial runs them."""

from surveys.operations.anonymity import closed_round, open_round, pages, sealed_study, side_stores, source
from surveys.operations.anonymity.findings import Attack, State

_ON_POSTGRESQL = "SQLite keeps no number of the transaction that wrote a row; what it does keep is attacked in Q20."

WHILE_OPEN = (
    Attack(
        "Q1", "Times and counters", State.OPEN,
        "Read from the database's own catalogue whether any table of answers has a column for a time, a network "
        "address, or a number that counts up.",
        open_round.times_and_numbers, once=True,
    ),
    Attack(
        "Q2", "A path to people", State.ANY,
        "Followed every foreign key from every table of answers, as far as they lead.",
        open_round.joins, once=True,
    ),
    Attack(
        "Q3", "A record of participation", State.OPEN,
        "Looked for rows that name who has taken part, and compared every table but the sheets' before and after "
        "everybody had answered.",
        open_round.participation,
    ),
    Attack(
        "Q4", "Transactions", State.OPEN,
        "Joined sheets with every table that names panelists on the hidden number of the transaction that wrote a "
        "row, and on the number before and after.",
        open_round.transactions, instead=_ON_POSTGRESQL,
    ),
    Attack(
        "Q5", "Order of rows", State.OPEN,
        "Laid the sheets, in the order of their place in the file, their ids, their pseudonyms and their contents, "
        "beside every table that names panelists, forwards and backwards.",
        open_round.orders,
    ),
    Attack(
        "Q6", "Length of boxes", State.OPEN,
        "Told encrypted sheets apart by their length, where one panelist wrote nothing and another 2,000 characters; "
        "and looked for a nonce that was used twice.",
        open_round.lengths,
    ),
    Attack(
        "Q7", "Guessed pseudonyms", State.OPEN,
        "Computed keyed and plain hashes of every panelist's id, address and name, with every key that does not lie "
        "in the keystore, the master key among them.",
        open_round.pseudonyms,
    ),
    Attack(
        "Q8", "Moved boxes", State.OPEN,
        "Swapped the encrypted sheets of panelists, copied them from the closed round, changed their state and "
        "version, and let the application read them.",
        open_round.moved_boxes,
    ),
    Attack(
        "Q12", "Words in the clear", State.OPEN,
        "Searched every row, and every file of the database that can be read, for what the panelists had written.",
        side_stores.files,
    ),
    Attack(
        "Q13", "Redis", State.ANY,
        "Searched every key and value in Redis for what panelists wrote, for secrets of links, pseudonyms, addresses "
        "and keys.",
        side_stores.redis, instead="This installation runs without Redis.",
    ),
    Attack(
        "Q15", "Persons and times", State.ANY,
        "Looked in every table that names panelists for a time finer than a day; mails to the whole panel, in random "
        "order, are the exception.",
        side_stores.times_of_persons, once=True,
    ),
    Attack(
        "Q17", "Every page, everybody", State.OPEN,
        "Fetched every address as facilitator, author, administrator, facilitator of another study, another panelist "
        "and stranger, before and after all others changed all their answers, and compared what came.",
        pages.while_open, once=True,
    ),
    Attack(
        "Q20", "Row numbers", State.ANY,
        "Asked the database for the hidden numbers of the rows, which count up as rows are written.",
        closed_round.row_numbers, instead="PostgreSQL has no such numbers; places of rows are attacked in Q5 and Q10.",
        once=True,
    ),
    Attack(
        "Q21", "The program itself", State.ANY,
        "Read the models of answers and the source of the part that handles sheets: fields for times, counters or "
        "people, tools that record rows, and draws or tokens that carry a time or can be guessed.",
        source.source, once=True,
    ),
)  # fmt: skip

WHEN_CLOSED = (
    Attack(
        "Q9", "Transactions of the close", State.CLOSED,
        "Joined reasons and receipts with the record of participation on the number of the transaction that wrote "
        "them.",
        closed_round.at_one_stroke, instead=_ON_POSTGRESQL,
    ),
    Attack(
        "Q10", "Order at the close", State.CLOSED,
        "Laid reasons and receipts, by place and by id, beside each other, beside every table that names panelists, "
        "and beside the order in which they submitted.",
        closed_round.freeze_order,
    ),
    Attack(
        "Q11", "Changing a result", State.CLOSED,
        "Tried to change every frozen table with the application's own rights in the database.",
        closed_round.frozen_rows,
    ),
    Attack(
        "Q14", "Logs", State.ANY,
        "Set every log of the application to its most talkative and searched what they said, over both rounds, "
        "mails, mistakes and sign-ins, for contents, ratings, secrets, pseudonyms, addresses and keys.",
        side_stores.logs,
    ),
    Attack(
        "Q16", "Exports", State.CLOSED,
        "Exported the round twice in every form and compared byte for byte; laid the reasons of both rounds beside "
        "each other in the order in which they are read.",
        closed_round.exports,
    ),
    Attack(
        "Q18", "Subtraction", State.CLOSED,
        "Subtracted every histogram that is shown, of the panel and of its groups, from every other of the same "
        "statement, in the same round and between rounds.",
        closed_round.subtractions,
    ),
    Attack(
        "Q22", "The limit: database, keystore and master key together", State.CLOSED,
        "Took all three, as only whoever runs the server can, and opened everybody's sheet. This must succeed: it "
        "shows where the promise ends, and that there was something to find.",
        sealed_study.keyholder, shows_limit=True,
    ),
)  # fmt: skip

WHEN_SEALED = (
    Attack(
        "Q19", "A backup from before the seal", State.SEALED,
        "Sealed the study, put back its sheets from a copy made before, and tried to open them with the master key, "
        "by guessing, and through a process that had been running all the time.",
        sealed_study.restored, once=True,
    ),
)  # fmt: skip

ATTACKS = tuple(sorted((*WHILE_OPEN, *WHEN_CLOSED, *WHEN_SEALED), key=lambda attack: int(attack.query[1:])))
