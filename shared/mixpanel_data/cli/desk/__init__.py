"""The commands of the analyst's desk: accounts, fetching, SQL, and Mixpanel's own reports. One module a command or
group of commands."""
