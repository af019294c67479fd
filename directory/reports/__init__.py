"""Reports: what is read across all other rooms for one page.

Law: reads only, in few queries; holds no table and changes no row.
"""
