"""Answers a request with a file that this process reads; where it comes from is the storage's business."""

from typing import BinaryIO

import flask
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wsgi import wrap_file

from webinar_hub.adapters.storage import StoredFile
from webinar_hub.adapters.storage.download_name import attachment_header

_AS_DOWNLOAD = "sandbox; default-src 'none'"
# Browsers put what they show into a page of their own making, with styles in it; nothing in it may run.
_AS_PICTURE = "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'"
# In a sandbox Chromium does not start its reader, which is one for itself; the page around it stays empty-handed.
_AS_PAPER = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
SHOWN = {
    "application/pdf": _AS_PAPER,
    **dict.fromkeys(("image/png", "image/jpeg", "audio/mpeg", "audio/mp4", "video/mp4"), _AS_PICTURE),
}
"""Types that a browser may show by itself, and what it may load for that; HTML and SVG are not among them."""


def show_with(handle: BinaryIO, file: StoredFile, *, download_name: str) -> flask.Response:
    """Answer with a file to look at instead of to save. Raises FileNotFoundError for what is not `SHOWN`."""
    if file.media_type not in SHOWN:
        handle.close()
        raise FileNotFoundError(file.name)
    response = answer_with(handle, file, download_name=download_name)
    shown = attachment_header(download_name).replace("attachment", "inline", 1)
    response.headers["Content-Disposition"] = shown
    response.headers["Content-Security-Policy"] = SHOWN[file.media_type]
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def answer_with(handle: BinaryIO, file: StoredFile, *, download_name: str) -> flask.Response:
    """Answer GET and HEAD with 200, 206, 304 or 416 (RFC 9110 sections 13 and 14); `handle` is closed with it."""
    environ = flask.request.environ
    response = flask.Response(wrap_file(environ, handle), mimetype=file.media_type, direct_passthrough=True)
    response.content_length = file.size
    response.set_etag(file.sha256)
    asked = flask.request.range
    # What is not one range of bytes may be answered with the whole file (RFC 9110 section 14.2).
    takes_ranges = asked is not None and asked.units == "bytes" and len(asked.ranges) == 1
    try:
        response.make_conditional(environ, accept_ranges=takes_ranges, complete_length=file.size)
    except RequestedRangeNotSatisfiable:
        handle.close()
        response = flask.Response(status=416, mimetype="text/plain")
        response.headers["Content-Range"] = f"bytes */{file.size}"
    return _as_download(response, download_name)


def _as_download(response: flask.Response, download_name: str) -> flask.Response:
    headers = response.headers
    headers["Accept-Ranges"] = "bytes"
    headers["Content-Disposition"] = attachment_header(download_name)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Content-Security-Policy"] = _AS_DOWNLOAD
    # Stored by the person's browser only, and asked about each time: access may have been taken back.
    headers["Cache-Control"] = "private, no-cache"
    return response
