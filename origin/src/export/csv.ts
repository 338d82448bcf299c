/**
 * One record of a CSV file (RFC 4180 §2): quotes around a cell that needs them, CRLF at the end. Numbers and booleans are
 * written as in JSON, objects and arrays as JSON, a value that is not there as an empty cell.
 */
export const csvRecord = (values: readonly unknown[]): string => `${values.map(cell).join(',')}\r\n`

function cell(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'string') return quoted(withoutFormula(value))
  return typeof value === 'object' ? quoted(JSON.stringify(value)) : String(value)
}

/** A lone carriage return or line feed ends a record for some readers, and blanks at the ends are cut off by others. */
const quoted = (text: string): string =>
  /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text

/**
 * A spreadsheet takes a text that begins like this for a formula, whose author may be anybody; an apostrophe before it
 * makes it a text (OWASP, "CSV Injection"). Full-width signs are taken for the plain ones.
 */
const withoutFormula = (text: string): string => (/^[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text)
