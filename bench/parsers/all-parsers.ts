import { cacheParsers } from './cache-parsers.ts'
import { headerParsers } from './header-parsers.ts'
import type { Parser } from './parser.ts'

/** Every parser of text from outside: one list a part of the product, in a file of its own. */
export const allParsers: readonly Parser[] = [...cacheParsers, ...headerParsers]
