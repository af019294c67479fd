"""The outbox: messages written to a table before they are sent, and the channels they are sent to.

Law: the table is the queue. Claim a row before sending it, freeze its bytes before the first attempt, and never
send again what may have arrived. It knows neither why a letter is sent nor the text of a post: the rooms above do.
"""
