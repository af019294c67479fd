"""Benchmarks: one script per table of results, each compared with a baseline in the same run.

Law: a script prints its results, is never imported by the other packages, and writes only outside the checkout.
"""
