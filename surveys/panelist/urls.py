"""Where panelists go. No address here carries a secret, a name or a round's id."""

from django.urls import path

from surveys.panelist.views import belonging, counting, entering, evidence, learning, rating, results, submitting
from surveys.panelist.views.start import start

app_name = "panelist"

urlpatterns = [
    # First what a whole panel asks for all the time.
    path("vignette/<int:number>/", rating.rate, name="rate"),
    path("", start, name="start"),
    path("sign-out/", entering.sign_out, name="sign_out"),
    path("link/", entering.link, name="link"),
    path("address/", entering.address, name="address"),
    path("notice/", belonging.notice, name="notice"),
    path("withdraw/", belonging.withdraw, name="withdraw"),
    path("submit/", submitting.submit, name="submit"),
    path("results/<int:number>/", results.results, name="results"),
    path("results/<int:number>/counted/", counting.counted, name="counted"),
    path("results/<int:number>/receipts/", counting.receipts, name="receipts"),
    path("results/<int:number>/receipt/", counting.receipt, name="receipt"),
    path("evidence/", evidence.evidence, name="evidence"),
    path("evidence/<uuid:file_id>/", evidence.evidence_file, name="evidence_file"),
    path("practice/", learning.practice, name="practice"),
    path("scale/", learning.scale, name="scale"),
]
