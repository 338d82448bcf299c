/**
 * Compares what a page shows with what a command printed. `…` in the shown text stands for anything; an object may have
 * further members, and an answer further fields, as a page shows those that matter.
 */

/** @returns the first difference, or `undefined` if there is none */
export function differenceOf(language: string, shown: string, printed: string): string | undefined {
  if (language === 'json') return jsonDifference(JSON.parse(shown), parsed(printed), '')
  if (language === 'http') return messageDifference(messageOf(shown), messageOf(printed))
  return textDifference(shown.trim(), printed.trim(), 'text')
}

interface Message {
  readonly start: string
  readonly fields: ReadonlyMap<string, string>
  readonly body: string
}

function messageOf(text: string): Message {
  const [head = '', ...rest] = text.replaceAll('\r', '').split('\n\n')
  const [start = '', ...lines] = head.split('\n').filter((line) => line !== '')
  const fields = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
  return { start, fields, body: rest.join('\n\n').trim() }
}

function messageDifference(shown: Message, printed: Message): string | undefined {
  const start = textDifference(shown.start, printed.start, 'first line')
  if (start !== undefined) return start
  for (const [name, value] of shown.fields) {
    const found = printed.fields.get(name)
    if (found === undefined) return `field ${name} is shown, and is missing`
    const difference = textDifference(value, found, `field ${name}`)
    if (difference !== undefined) return difference
  }
  return shown.body === '' ? undefined : jsonDifference(JSON.parse(shown.body), parsed(printed.body), 'body')
}

function jsonDifference(shown: unknown, printed: unknown, path: string): string | undefined {
  if (typeof shown === 'string' && typeof printed === 'string') return textDifference(shown, printed, path)
  if (typeof shown !== 'object' || shown === null) {
    return Object.is(shown, printed) ? undefined : `${path}: ${say(shown)} is shown, and is ${say(printed)}`
  }
  if (typeof printed !== 'object' || printed === null || Array.isArray(shown) !== Array.isArray(printed)) {
    return `${path}: ${say(shown)} is shown, and is ${say(printed)}`
  }
  if (Array.isArray(shown) && Array.isArray(printed) && shown.length !== printed.length) {
    return `${path}: ${shown.length} items are shown, and there are ${printed.length}`
  }
  const found = new Map(Object.entries(printed))
  for (const [name, value] of Object.entries(shown)) {
    const difference = jsonDifference(value, found.get(name), `${path}/${name}`)
    if (difference !== undefined) return difference
  }
  return undefined
}

function textDifference(shown: string, printed: string, place: string): string | undefined {
  const parts = shown.split('…')
  let from = 0
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1
    const at = index > 0 && isLast ? printed.length - part.length : printed.indexOf(part, from)
    const isHere = at >= from && printed.startsWith(part, at) && (index > 0 || at === 0)
    if (!isHere) return `${place}: ${say(shown)} is shown, and is ${say(printed)}`
    from = at + part.length
  }
  return from === printed.length ? undefined : `${place}: ${say(shown)} is shown, and is ${say(printed)}`
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(`no JSON was printed, but: ${text.slice(0, 500)}`)
  }
}

const say = (value: unknown): string =>
  value === undefined ? '(missing)' : JSON.stringify(value).slice(0, 500)
