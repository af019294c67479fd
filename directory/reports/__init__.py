"""Reports: what one page reads from all other rooms.

Law: reads only, in few queries; has no table and changes no row.
"""
