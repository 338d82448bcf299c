/**
 * One record of a CSV file (RFC 4180 §2): cells are quoted if necessary, and CRLF ends it. Numbers and booleans are
 * written as in JSON, objects and arrays as JSON text, an absent value as an empty cell.
 */
export const csvRecord = (values: readonly unknown[]): string => `${values.map(cell).join(',')}\r\n`

function cell(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'string') return quoted(withoutFormula(value))
  return typeof value === 'object' ? quoted(JSON.stringify(value)) : String(value)
}

/**
 * Quotes a lone carriage return or line feed, which some readers take for the end of the record, and outer blanks,
 * which others remove.
 */
const quoted = (text: string): string =>
  /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text

/**
 * Spreadsheets interpret text that begins like this as a formula, and any caller may have written it: an apostrophe
 * makes it plain text (OWASP, "CSV Injection"). Spreadsheets treat full-width signs like plain ones.
 */
const withoutFormula = (text: string): string => (/^[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text)
