# One image for pages, workers and Celery workers: the command says which (compose.yaml has all of them).
# It was linted (hadolint) and not built where it was written: there is no Docker there.
FROM python:3.13-slim AS build
WORKDIR /src
RUN python -m venv /opt/hub && python -m venv /opt/tools
COPY requirements.txt requirements-dev.txt ./
# The fleet and S3 need more than requirements.txt holds; requirements-dev.txt says in which versions.
RUN /opt/hub/bin/pip install --no-cache-dir --require-hashes -r requirements.txt \
    && sed -n 's/^\([A-Za-z0-9._-]*==[^ ;]*\).*/\1/p' requirements-dev.txt > pins.txt \
    && /opt/hub/bin/pip install --no-cache-dir --constraint pins.txt celery redis packaging obstore flower \
    && /opt/tools/bin/pip install --no-cache-dir --constraint pins.txt hatchling
COPY . .
RUN /opt/tools/bin/python -m hatchling build -t wheel -d /wheel \
    && /opt/hub/bin/pip install --no-cache-dir --no-deps /wheel/*.whl

FROM python:3.13-slim
RUN useradd --system --uid 10001 --create-home hub && install -d -o hub -g hub /data
COPY --from=build /opt/hub /opt/hub
ENV PATH=/opt/hub/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    WEBINAR_HUB_DATA_FOLDER=/data
USER 10001
WORKDIR /home/hub
VOLUME /data
EXPOSE 8000
# What is on the wire is finished within 15 seconds: give a container 20 to stop.
STOPSIGNAL SIGTERM
CMD ["webinar-hub", "serve", "--host", "0.0.0.0"]
