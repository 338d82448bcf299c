import { Hono } from 'hono'
import type { EdgeEnv } from '../../../edge/src/routes.ts'

export const routes = new Hono<EdgeEnv>()

/** Crawlers are to read what people read, and not the API. */
routes.get('/robots.txt', (c) => c.text('User-agent: *\nDisallow: /\n'))
