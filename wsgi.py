"""Floor 8: the WSGI application for any server, as in `gunicorn wsgi:app`; the worker runs apart."""

from webinar_hub.app import create_app

app = create_app()
