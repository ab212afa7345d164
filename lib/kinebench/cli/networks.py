"""`kinebench models`: the networks that find people."""

import textwrap
from typing import Annotated

import typer

networks = typer.Typer(no_args_is_help=True, help="The networks that find people: list them, fetch their weights.")


@networks.command("list")
def list_models(
    here: Annotated[bool, typer.Option("--here", help="Only those whose weights are here.")] = False,
) -> None:
    """List every network: whether its weights are here, its licence, origin and digests, how to get it."""
    from kinebench import estimators
    from kinebench.estimators.weights import places_of

    for name in estimators.names():
        record, state = estimators.record(name), estimators.state(name)
        if here and state != "here":
            continue
        print(f"{name}: {state}")
        _say("licence", record.licence + (" (NO COMMERCIAL USE)" if record.non_commercial else ""))
        _say("from", record.origin)
        for known, path in places_of(record):
            called = f"{known.file}{f' (here as {path.name})' if path and path.name != known.file else ''}"
            _say("file", f"{called}, sha256 {known.sha256 or 'not published'}")
        if state != "here":
            _say("get it", record.how_to_get)


def _say(what: str, text: str) -> None:
    lines = textwrap.wrap(text, 106, break_long_words=False, break_on_hyphens=False)
    print("\n".join([f"  {what:<8} {lines[0]}", *(f"{'':<11}{line}" for line in lines[1:])]))


@networks.command("fetch")
def fetch_model(
    name: Annotated[str, typer.Argument(help="A network's name, see `kinebench models list`.")],
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing when the weights are already here.")] = False,
) -> None:
    """Fetch a network's weights into the user's cache and check their digests; those put there by hand are checked."""
    from kinebench import estimators

    record = estimators.record(name)
    if record.non_commercial:
        typer.echo(f"kinebench: mind the licence of {name}: {record.licence}.", err=True)
    for path in estimators.fetch(name):
        if not quiet:
            print(path)
