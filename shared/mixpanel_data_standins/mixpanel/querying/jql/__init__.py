"""`POST /jql`: runs scripts in the part of JavaScript that queries usually need, over the events and profiles.

`tokens` splits a script, `parser` compiles it to `closures`, `values` has JavaScript's operators, `members` its methods
and globals, `sources` `Events`, `People` and what follows them, `reducers` the `mixpanel` object; `endpoint` answers.

Served: functions and arrow functions, `var`, `let`, `const`, `if`, `for (;;)`, `while`, `return`, `throw`, the usual
operators, objects, arrays, `Object.keys`, `Math`, `JSON.stringify`, `new Date(ms)`. Anything else is a SyntaxError.
"""
