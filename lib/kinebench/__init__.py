"""kinebench measures human movement from one ordinary video.

Importing this package imports no estimator and no notebook machinery: each module loads what it needs when it is used.
"""

__version__ = "0.1.0"
