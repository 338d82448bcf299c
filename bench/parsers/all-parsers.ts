import { cacheParsers } from './cache-parsers.ts'
import { headerParsers } from './header-parsers.ts'
import type { Parser } from './parser.ts'

/** All parsers of text from outside, in a list for each part of the product. */
export const allParsers: readonly Parser[] = [...cacheParsers, ...headerParsers]
