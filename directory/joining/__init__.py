"""Joining: how a person becomes a member, by invitation or application, and their first ten minutes.

Law: nobody is written to who asked not to be; a chapter lead decides; what an applicant typed is kept until then.
"""
