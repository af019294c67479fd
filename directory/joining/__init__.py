"""Joining: how somebody comes in, by invitation or application, and what they do in their first ten minutes.

Law: nobody is written to who asked not to be; a chapter lead decides; what is typed before is kept until then.
"""
