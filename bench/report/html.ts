/** Markup that goes into a page unescaped. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  toString(): string {
    return this.text
  }
}

type Part = string | number | Html | readonly Html[]

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

// The cast is safe: the pattern matches the keys of `escapes` alone.
export const escapeText = (text: string): string =>
  text.replace(/[&<>"']/g, (found) => escapes[found] as string)

const written = (part: Part): string => {
  if (part instanceof Html) return part.text
  return Array.isArray(part) ? part.map(written).join('') : escapeText(String(part))
}

/** Template that escapes its values, unless they are markup themselves. */
export const html = (texts: TemplateStringsArray, ...parts: readonly Part[]): Html =>
  new Html(texts.reduce((all, text, i) => all + written(parts[i - 1] ?? '') + text))

/** Markup made elsewhere, e.g. an SVG of our own. */
export const raw = (text: string): Html => new Html(text)
