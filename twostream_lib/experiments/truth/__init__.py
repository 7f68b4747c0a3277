"""The course's experiments with several seeds and clip sets: what its sentences are held against.

`questions` says what is compared with what, `measuring` trains it and writes one record, `page`
shows a record, and `recorded` has the one that the notebooks speak of.
"""
