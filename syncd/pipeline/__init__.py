"""The way of a row: START HERE, with `pipeline.py`; what it needs of the outside is in `ports.py`.

reading/ asks the source, chunking/ tells what is news, uploading/ brings uploads to their end. It may use
mapping and model; it knows no database, no HTTP and no log.
"""
