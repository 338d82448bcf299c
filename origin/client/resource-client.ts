import { type ChangesOptions, followChanges } from './changes.ts'
import { createHistory, type HistoryOptions } from './history.ts'
import { createList } from './list.ts'
import { ApiProblem } from './problem.ts'
import { type ListParts, listParameters, queryString } from './query-string.ts'
import type { Answer, Call, CallOptions, Send } from './send.ts'
import type { CreateOptions, Kept, ReadOptions, Target } from './types.ts'

type Fields = { readonly id: string; readonly [field: string]: unknown }

/** Rounds of `change` before it gives up: each has lost to another write. */
const roundsMax = 5

/**
 * Operations of the resource at a path such as `/v2/places`. It treats documents by name: {@link ./types.ts} gives each
 * application its types.
 */
export function createResourceClient(send: Send, path: string) {
  const at = (target: Target) => `${path}/${encodeURIComponent(idOf(target))}`

  const read = async (id: string, options: ReadOptions<Fields, string> = {}): Promise<Kept<Fields>> => {
    const parameters = listParameters({ fields: options.fields, expand: options.expand })
    return kept(await send({ method: 'GET', path: at(id) + queryString(parameters), options }))
  }

  const write = (method: Call['method'], target: Target, rest: Pick<Call, 'body' | 'headers' | 'options'>) =>
    send({ method, path: at(target), ifMatch: etagOf(target), ...rest })

  const patch = async (target: Target, body: unknown, options?: CallOptions): Promise<Kept<Fields>> =>
    kept(
      await write('PATCH', target, {
        body,
        options,
        headers: { 'content-type': 'application/merge-patch+json' },
      }),
    )

  const post = (where: string, body: unknown, options: CreateOptions = {}, target?: Target) =>
    send({
      method: 'POST',
      path: where,
      body,
      ifMatch: target && etagOf(target),
      idempotencyKey: options.idempotencyKey ?? crypto.randomUUID(),
      options,
    })

  return {
    read,
    patch,
    list: (options: ListParts & CallOptions = {}) => createList<Fields>(send, path, options),
    changes: (options: ChangesOptions = {}) => followChanges<Fields>(send, path, options),
    history: (target: Target, options: HistoryOptions = {}) =>
      createHistory<Fields>(send, at(target), options),
    create: async (body: unknown, options?: CreateOptions) => kept(await post(path, body, options)),

    async createMany(items: readonly unknown[], options?: CreateOptions) {
      const { body } = await post(`${path}/batch`, { items }, options)
      // The cast: the answer of a batch has an item for each body.
      return (body as { items: readonly unknown[] }).items
    },

    replace: async (target: Target, body: unknown, options?: CallOptions) =>
      kept(await write('PUT', target, { body, options })),

    async delete(target: Target, options?: CallOptions) {
      await write('DELETE', target, { options })
    },

    restore: async (target: Target, options?: CreateOptions) =>
      kept(await post(`${at(target)}/restore`, undefined, options, target)),

    async change(id: string, patchOf: (document: Fields) => unknown, options?: CallOptions) {
      for (let round = 1; ; round += 1) {
        const current = await read(id, options)
        try {
          return await patch(current, await patchOf(current.document), options)
        } catch (error) {
          const isLost = error instanceof ApiProblem && error.code === 'precondition-failed'
          if (!isLost || round === roundsMax) throw error
        }
      }
    },

    async action(name: string, ...args: readonly unknown[]) {
      const [target, input, options] = isTarget(args[0]) ? args : [undefined, ...args]
      // The casts: the types of each action say which arguments it has.
      const on = target as Target | undefined
      const where = on === undefined ? path : at(on)
      const answer = await post(`${where}/${name}`, input, options as CreateOptions | undefined, on)
      return answer.headers.has('etag') ? kept(answer) : answer.body
    },

    async query(name: string, parameters: object = {}, options?: CallOptions) {
      const texts = Object.entries(parameters).filter(([, value]) => value !== undefined)
      const search = queryString(texts.map(([parameter, value]) => [parameter, String(value)]))
      const { body } = await send({ method: 'GET', path: `${path}/${name}${search}`, options })
      return body
    },
  }
}

// The cast: every answer with an ETag is a document.
const kept = ({ body, headers }: Answer): Kept<Fields> => ({
  document: body as Fields,
  etag: headers.get('etag') ?? '',
})

const idOf = (target: Target): string => (typeof target === 'string' ? target : target.document.id)

const etagOf = (target: Target): string | undefined => (typeof target === 'string' ? undefined : target.etag)

const isTarget = (value: unknown): value is Target =>
  typeof value === 'string' ||
  (typeof value === 'object' && value !== null && 'etag' in value && 'document' in value)
