# Two images of one file:
#   docker build .                      the service: app/, model/ and static/; no torch
#   docker build --target training .    training: model/ and training/, with torch
# Versions are those of constraints.txt; the base image is PYTHON_IMAGE. Plain instructions alone, so that the classic builder,
# which knows neither mounts nor here-documents, builds it as well.

# A tag that moves on with fixes: build with --pull to take them, or give a tag or digest that does not.
ARG PYTHON_IMAGE=python:3.11-slim-bookworm
FROM ${PYTHON_IMAGE} AS base
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
# A volume that is new takes the owner of the folder that it is mounted on.
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /tmp --shell /usr/sbin/nologin reader \
 && mkdir /data /runs /weights \
 && chown reader:reader /data /runs /weights
WORKDIR /app

FROM base AS requirements
COPY pyproject.toml constraints.txt ./
RUN python -m venv --without-pip /venv \
 && python -c "import tomllib; project = tomllib.load(open('pyproject.toml', 'rb'))['project']; open('serving.txt', 'w').write('\n'.join(project['dependencies'])); open('training.txt', 'w').write('\n'.join(project['optional-dependencies']['training']))"

FROM requirements AS serving-packages
RUN pip --python /venv/bin/python install --no-cache-dir --compile \
    --constraint constraints.txt --requirement serving.txt

FROM base AS serving
COPY --from=serving-packages /venv /venv
COPY app app
COPY model model
COPY static static
RUN python -m compileall -q app model
USER reader
ENV HOST=0.0.0.0 \
    PORT=8000
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/readyz', timeout=4)"]
CMD ["python", "-m", "app", "serve"]

FROM requirements AS training-packages
# PyTorch's CPU build; the one on PyPI brings gigabytes of CUDA. Of equal versions pip takes the one
# with a suffix, 2.13.0+cpu before 2.13.0.
ARG TORCH_INDEX_URL=https://download.pytorch.org/whl/cpu
RUN pip --python /venv/bin/python install --no-cache-dir --compile \
    --extra-index-url "$TORCH_INDEX_URL" \
    --constraint constraints.txt --requirement serving.txt --requirement training.txt

FROM base AS training
COPY --from=training-packages /venv /venv
COPY model model
COPY training training
USER reader
ENV DATA_DIR=/data
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m", "training"]
CMD ["--help"]

# The last one is what a build without a target makes.
FROM serving
