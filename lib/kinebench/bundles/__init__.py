"""Runs bundled for sharing: a zipped BagIt bag (RFC 8493), whose payload is a reports folder of its own.

NAME/data/README.txt                what is in it, for whoever gets it
NAME/data/metrics.csv|.parquet      a row a run; metrics.dictionary.csv says what each column means
NAME/data/RUN/                      the files of each run, with its run.json
NAME/manifest-sha256.txt, ...       the checksums, by the library `bagit`
"""

from kinebench.bundles.checking import Fault, Seen, verify
from kinebench.bundles.making import Bundle, export

__all__ = ["Bundle", "Fault", "Seen", "export", "verify"]
