import type { Directives } from './directives.ts'

/**
 * A structured-field dictionary (RFC 9651 §4.2.2) of bare items, as targeted cache control uses it (RFC 9213 §2.1).
 * Strict where `Cache-Control` is lenient: one bad member and the whole field is as if absent, which is the point of a
 * field that takes precedence over others.
 */
const key = '[a-z*][a-z0-9_\\-.*]*'
const item =
  '(?:-?\\d{1,15}(?:\\.\\d{1,3})?|"(?:[ !#-\\[\\]-~]|\\\\["\\\\])*"|[A-Za-z*][!#$%&\'*+\\-.^_`|~0-9A-Za-z:/]*|:[A-Za-z0-9+/=]*:|\\?[01]|@-?\\d{1,15})'
const parameters = `(?:; *${key}(?:=${item})?)*`
const member = new RegExp(`(${key})(?:=(${item}))?${parameters}[ \\t]*(,[ \\t]*|$)`, 'y')

/** @returns `undefined` when the value is empty or malformed */
export function parseStructuredDictionary(value: string): Directives | undefined {
  const text = value.replace(/^ +| +$/g, '')
  if (text === '') return undefined
  const found = new Map<string, string | true>()
  member.lastIndex = 0
  while (true) {
    const match = member.exec(text)
    if (match === null) return undefined
    const [, name = '', argument, separator = ''] = match
    // §4.2.2: of a repeated key the last counts; `?1` is the bare form, `?0` switches the directive off.
    if (argument === '?0') found.delete(name)
    else found.set(name, argument === undefined || argument === '?1' ? true : unquote(argument))
    if (separator === '') return found
    // A trailing comma is malformed (§4.2.2).
    if (member.lastIndex === text.length) return undefined
  }
}

const unquote = (argument: string): string =>
  argument.startsWith('"') ? argument.slice(1, -1).replace(/\\(.)/g, '$1') : argument
