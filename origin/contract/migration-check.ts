import type { ResourceDefinition } from './definition.ts'

/** Mistakes in migrations, each with its fix. */
export function* checkMigrations({ migrations, stored }: ResourceDefinition): Generator<string> {
  if (migrations === undefined) return
  if (stored !== undefined) {
    yield `migrations: an adopted document has no place for the number of its shape; remove migrations or stored`
  }
  if (migrations.length === 0) yield `migrations is empty: remove it`
  for (const [index, { to, changes }] of migrations.entries()) {
    const before = migrations[index - 1]?.to
    if (!Number.isInteger(to) || to < 2) yield `migrations[${index}].to is ${to}: want an integer from 2`
    else if (before !== undefined && to !== before + 1) {
      yield `migrations[${index}].to is ${to}: want ${before + 1}, one more than the one before`
    }
    if (changes.length === 0)
      yield `migrations[${index}].changes is empty: name the fields that up sets or removes`
    for (const name of changes) {
      if (!/^[A-Za-z][A-Za-z0-9]*$/.test(name) || ['id', 'createdAt', 'updatedAt'].includes(name)) {
        yield `migrations[${index}].changes names '${name}': name top-level fields of the stored document`
      }
    }
  }
}
