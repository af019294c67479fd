"""The outbox: one message to one destination, written down before it is sent, and where it may be sent.

Law: the table is the queue. Claim before sending, freeze the bytes before the first attempt, and never send again
what may have arrived. Knows no letter's reason and no post's text: those come from the rooms above.
"""
