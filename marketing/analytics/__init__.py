"""How the mall is doing: own actions of members, counted up by shop day."""
