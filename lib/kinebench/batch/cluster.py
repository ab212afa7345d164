"""The machines that work: some processes here, or any Dask cluster that somebody started."""

import contextlib
import ipaddress
import logging
import os
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from kinebench.batch import certificates, fitness, scratch
from kinebench.batch.machine import OwnShare, check_memory, cores, memory_each, without_interrupts
from kinebench.errors import KinebenchError

# What numeric libraries and codecs read when they start their threads.
_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)
PATIENCE_S = 60
STARTS = 3
# A worker that was killed is started anew at once, but on a busy computer that takes long: only then is it given up.
LOGGED = 100
LOST_AFTER_S = 180
LOOK_EVERY_S = 5


@contextlib.contextmanager
def local(workers: int, threads: int | None = None) -> Iterator[Any]:
    """A client of `workers` processes here, each on `threads` processors; None: their share of all.

    They talk over this computer's own loopback, with certificates made for the occasion: nobody else who is logged in
    can give them work.
    """
    if workers < 1:
        raise KinebenchError(f"--workers must be at least 1, but got {workers}.")
    each = threads or max(len(cores()) // workers, 1)
    if each < 1 or each > len(cores()):
        raise KinebenchError(f"--threads must be between 1 and {len(cores())} here, but got {threads}.")
    check_memory(workers)
    import dask
    from distributed import Client
    from distributed.diagnostics.plugin import WorkerPlugin

    _hush()
    scratch.clear_away()
    with (
        scratch.folder() as folder,
        _environment(each, folder) as environment,
        dask.config.set(_settings(environment)),
        _started(workers, folder) as cluster,
        Client(cluster) as client,
    ):
        apart = workers * each <= len(cores()) and each < len(cores())
        _told(client, type("_OwnShare", (OwnShare, WorkerPlugin), {})(each if apart else None))
        with _kept_up(cluster, workers):
            yield client


def _told(client: Any, plugin: Any) -> None:
    """Let all workers have `plugin`, those to come too; again where one died meanwhile and the others were not told."""
    for left in reversed(range(STARTS)):
        try:
            client.register_plugin(plugin)
            return
        except OSError as error:
            if not left:
                raise KinebenchError(
                    f"Workers must answer when they are begun, but did not in {STARTS} tries ({error}). Use fewer, or "
                    "close other programs."
                ) from None


@contextlib.contextmanager
def _kept_up(cluster: Any, workers: int) -> Iterator[None]:
    """Put others in the place of workers that were given up: Dask itself goes on with fewer, in the end with none."""
    from tornado.ioloop import PeriodicCallback

    looking = PeriodicCallback(lambda: cluster.scale(workers), LOOK_EVERY_S * 1000)
    cluster.loop.add_callback(looking.start)
    try:
        yield
    finally:
        cluster.sync(_stopped, looking)


async def _stopped(looking: Any) -> None:
    looking.stop()


def _started(workers: int, folder: str) -> Any:
    """The local cluster; a worker that is killed while all is being started is no reason to give up."""
    made: Any = None
    for left in reversed(range(STARTS)):
        try:
            with without_interrupts():
                made = _made(workers, folder)
        except KeyboardInterrupt:
            # It came meanwhile, and is heard as soon as all are started.
            if made is not None:
                made.close()
            raise
        except (RuntimeError, OSError) as error:
            if not left:
                raise KinebenchError(
                    f"Workers must start, but did not in {STARTS} tries ({error}). Use fewer, or close other programs."
                ) from None
        else:
            return made
    raise AssertionError("unreachable")


def _made(workers: int, folder: str) -> Any:
    from distributed import LocalCluster

    return LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        worker_dashboard_address="127.0.0.1:0",
        memory_limit=memory_each(workers)[0],
        local_directory=folder,
        security=certificates.temporary(),
        silence_logs=logging.CRITICAL,
    )


@contextlib.contextmanager
def _environment(each: int, folder: str) -> Iterator[dict[str, str]]:
    """What workers inherit, each on `each` processors, with their temporary files in `folder`.

    Dask sets it for this process, leaves it set, and takes what is set before what it is told: whoever worked on here
    would look for temporary files in a folder that is gone.
    """
    # Copies of clips that a killed worker leaves are gone with the folder.
    own = dict.fromkeys(_THREADS, str(each)) | {"MALLOC_TRIM_THRESHOLD_": "65536", "TMPDIR": folder}
    before = {name: os.environ.get(name) for name in own}
    os.environ.update(own)
    try:
        yield own
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _settings(environment: dict[str, str]) -> dict[str, Any]:
    """What Dask is told for workers here."""
    return {
        # The engine itself counts who died of what.
        "distributed.scheduler.allowed-failures": 0,
        "distributed.scheduler.worker-saturation": 1.0,
        # A worker that Dask pauses because it is nearly full may stay so for ever; one that is too full is killed.
        **dict.fromkeys((f"distributed.worker.memory.{name}" for name in ("target", "spill", "pause")), False),
        "distributed.nanny.pre-spawn-environ": environment,
        "distributed.comm.timeouts.connect": f"{PATIENCE_S}s",
        "distributed.deploy.lost-worker-timeout": f"{LOST_AFTER_S}s",
        # How Dask looks at itself costs each process four hundredths of a processor, and nobody sees it here.
        "distributed.worker.profile.enabled": False,
        "distributed.admin.tick.interval": "500ms",
        "distributed.admin.system-monitor.interval": "5s",
        "distributed.worker.memory.monitor-interval": "250ms",
        # What Dask remembers of tasks that are over, ten thousand entries of each kind: nobody looks at it.
        "distributed.admin.log-length": LOGGED,
        "distributed.admin.low-level-log-length": LOGGED,
        # Pages that show what is going on, to whoever asks.
        "distributed.scheduler.http.routes": [],
        "distributed.worker.http.routes": [],
    }


@contextlib.contextmanager
def elsewhere(scheduler: str, tls: Mapping[str, str] | None = None, *, insecure: bool = False) -> Iterator[Any]:
    """A client of the cluster whose scheduler listens at `scheduler`, tcp:// or, with certificates, tls://.

    tls: paths ca_file, cert, key; insecure: go without them to another computer. KinebenchError where nobody answers,
    or kinebench there is another one.
    """
    from distributed import Client
    from distributed.security import Security

    _hush()
    given = {name: path for name, path in (tls or {}).items() if path}
    security = None
    if not (given or scheduler.startswith("tls://") or insecure or _is_here(scheduler)):
        raise KinebenchError(
            f"--scheduler must be tls:// to another computer, but got {scheduler}: whoever reaches it in between could "
            "give and read the work. Give certificates with --tls-ca, --tls-cert and --tls-key, or add --insecure in a "
            "network of your own."
        )
    if given or scheduler.startswith("tls://"):
        if set(given) != {"ca_file", "cert", "key"}:
            raise KinebenchError(
                "TLS must be given with --tls-ca, --tls-cert and --tls-key, but some are missing. Name all three."
            )
        security = Security(
            tls_ca_file=given["ca_file"],
            tls_client_cert=given["cert"],
            tls_client_key=given["key"],
            require_encryption=True,
        )
    try:
        client = Client(scheduler, security=security, timeout=PATIENCE_S)
    except (OSError, TimeoutError, ValueError, RuntimeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise KinebenchError(
            f"--scheduler must be the address of a Dask scheduler that answers, but {scheduler} does not ({reason}). "
            "Start it, or check address and TLS."
        ) from None
    with client:
        fitness.check(client)
        yield client


def _is_here(address: str) -> bool:
    """Whether it is one of this computer's loopback, which nobody else reaches."""
    host = urlsplit(address if "://" in address else f"tcp://{address}").hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _hush() -> None:
    """Dask logs at length what is told in one line here."""
    for talker in ("distributed", "tornado", "asyncio"):
        logging.getLogger(talker).setLevel(logging.CRITICAL)
