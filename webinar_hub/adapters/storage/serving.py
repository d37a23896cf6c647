"""Answers a request with a file that this process reads; where it comes from is the storage's business."""

from typing import BinaryIO

import flask
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wsgi import wrap_file

from webinar_hub.adapters.storage import StoredFile
from webinar_hub.adapters.storage.download_name import attachment_header


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
    headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    # Stored by the person's browser only, and asked about each time: access may have been taken back.
    headers["Cache-Control"] = "private, no-cache"
    return response
