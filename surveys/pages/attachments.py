"""Files to be saved, and never to be opened as a page of this site: uploaded ones, handed out again, and exports."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from surveys.exports.files import ExportFile
from surveys.meetings.models import PresentationFile

# Whatever a browser does with the file, it runs nothing and fetches nothing.
POLICY = "default-src 'none'; sandbox"


def attachment(file: PresentationFile) -> HttpResponse:
    """The file under its stored type and name, for download alone."""
    response = HttpResponse(bytes(file.content), content_type=file.content_type)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=file.name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = POLICY
    return response


def attached(file: ExportFile) -> HttpResponse:
    """An exported file, for download alone."""
    headers = {"Content-Disposition": f'attachment; filename="{file.name}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(file.content, content_type=file.content_type, headers=headers)
