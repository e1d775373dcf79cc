# docker build --tag temperance .                                       # for CPUs
# docker build --tag temperance:cuda13 --build-arg LOCK=requirements-cuda13.lock .    # for NVIDIA cards: the lock brings CUDA
# docker run --rm --user "$(id -u):$(id -g)" --volume "$PWD:/data" temperance temperance run --cores all --config alignment=family.fasta
ARG PYTHON=3.12
FROM python:${PYTHON}-slim AS build
ARG LOCK=requirements.lock
SHELL ["/bin/sh", "-euc"]
RUN python -m venv /opt/temperance
ENV PATH=/opt/temperance/bin:$PATH
COPY ${LOCK} /source/
RUN python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes --requirement /source/${LOCK}
COPY . /source
RUN python -m pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation /source

FROM python:${PYTHON}-slim
COPY --from=build /opt/temperance /opt/temperance
# Whoever runs the image may have no home there, where caches of compiled code lie.
ENV PATH=/opt/temperance/bin:$PATH HOME=/tmp
WORKDIR /data
USER 1000
CMD ["temperance", "run", "--help"]
