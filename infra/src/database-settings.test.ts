import { describe, expect, it } from 'vitest'
import { connectionSettings, databaseMistakes, type MongoDbSettings, portsOf } from './database-settings.ts'

const atlas: MongoDbSettings = {
  kind: 'mongodb',
  limits: { atlas: 'M30' },
  instances: 3,
  hosts: 'cluster0.abcde.mongodb.net',
  networks: ['192.168.248.0/21'],
  protected: true,
}
const own: MongoDbSettings = {
  ...atlas,
  limits: { connections: 5_000 },
  hosts: 'db1.internal:27017,db2.internal:27018,db3.internal',
  replicaSet: 'rs0',
}

describe('the connection string', () => {
  it('of DocumentDB has no retryable writes, and its own authorities', () => {
    const settings = { kind: 'documentdb', instanceClass: 'r6g.large', instances: 3 } as const
    expect(connectionSettings({ ...settings, backupRetentionDays: 7, protected: true }, '/ca.pem')).toEqual({
      scheme: 'mongodb',
      options: 'replicaSet=rs0&tls=true&tlsCAFile=%2Fca.pem&retryWrites=false',
    })
  })
  it('of Atlas is an SRV record with retryable writes', () => {
    expect(connectionSettings(atlas, '/ca.pem')).toEqual({
      scheme: 'mongodb+srv',
      options: 'tls=true&authSource=admin&retryWrites=true',
    })
    expect(portsOf(atlas)).toEqual([[27_015, 27_017]])
  })
  it('of members of your own names their set', () => {
    expect(connectionSettings(own, '/ca.pem')).toEqual({
      scheme: 'mongodb',
      options: 'tls=true&authSource=admin&retryWrites=true&replicaSet=rs0',
    })
    expect(portsOf(own)).toEqual([
      [27_017, 27_017],
      [27_018, 27_018],
    ])
  })
})

describe('mistakes', () => {
  it('none', () => expect([databaseMistakes(atlas), databaseMistakes(own)]).toEqual([[], []]))
  it.each<[string, MongoDbSettings, RegExp]>([
    ['a connection string', { ...atlas, hosts: 'mongodb://u:p@host/' }, /database\.hosts must be/],
    ['a set beside an SRV record', { ...atlas, replicaSet: 'rs0' }, /must not be set with an SRV record/],
    ['members without a set', { ...atlas, hosts: 'a:1,b:1' }, /replicaSet must be set/],
    ['no limit', { ...own, limits: { connections: 0 } }, /maxIncomingConnections/],
    ['no network', { ...own, networks: [] }, /no origin could reach/],
    ['the whole internet', { ...own, networks: ['0.0.0.0/0'] }, /not the whole internet/],
    ['a name for a network', { ...own, networks: ['vpc-1'] }, /not an IPv4 network/],
  ])('%s', (_, settings, words) => expect(databaseMistakes(settings).join()).toMatch(words))
})
