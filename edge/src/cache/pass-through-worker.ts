import { untilSetBack } from '../lib/until-set-back.ts'
import { createPassThrough } from './pass-through.ts'
import { listMembers } from './policy/blanks.ts'

/** Variables of the pass-through mode, which is off unless both are set. */
export interface PassThroughEnv {
  /** Path prefix, with its slashes. */
  readonly PASS_THROUGH_PREFIX?: string
  /** `https://host` of the origin behind it. */
  readonly PASS_THROUGH_ORIGIN?: string
  /** Further request fields that reach the origin, separated by commas. @default none */
  readonly PASS_THROUGH_FIELDS?: string
  /** `explicit`: stores answers with `Set-Cookie` and a declared lifetime, cookie included. @default never */
  readonly PASS_THROUGH_SET_COOKIE?: string
}

/** Undefined if the mode is off. */
const passThroughOf = untilSetBack(
  ({ PASS_THROUGH_PREFIX: prefix, PASS_THROUGH_ORIGIN: origin, ...env }: PassThroughEnv) =>
    prefix === undefined || origin === undefined
      ? undefined
      : createPassThrough({
          prefix,
          origin,
          requestFields: listMembers((env.PASS_THROUGH_FIELDS ?? '').toLowerCase()),
          storeSetCookie: env.PASS_THROUGH_SET_COOKIE === 'explicit' ? 'explicit' : 'never',
          cacheApi: caches.default,
          fetch: (...call) => fetch(...call),
          now: Date.now,
        }),
  Date.now,
)

/** A Worker that is only a cache in front of an HTTP origin. */
export default {
  fetch: (request, env, context) =>
    passThroughOf(env)?.handle(request, (work) => context.waitUntil(work)) ??
    new Response(null, { status: 404 }),
} satisfies ExportedHandler<PassThroughEnv>
