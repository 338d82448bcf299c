import { expect, it } from 'vitest'
import { isAllowedAddress } from './address-rule.ts'

it.each([
  '93.184.215.14',
  '8.8.8.8',
  '172.32.0.1',
  '2606:4700::1111',
  '2a00:1450:4001::200e',
  '::ffff:8.8.8.8',
])('lets %s through, which is public', (address) => {
  expect(isAllowedAddress(address, false)).toBe(true)
})

it.each([
  '127.0.0.1',
  '10.1.2.3',
  '172.16.0.1',
  '192.168.1.1',
  '100.64.0.1',
  '::1',
  'fd12::1',
  '::ffff:127.0.0.1',
])('lets %s through only where private addresses are allowed', (address) => {
  expect([false, true].map((allowsPrivate) => isAllowedAddress(address, allowsPrivate))).toEqual([
    false,
    true,
  ])
})

it.each([
  ...[
    '169.254.169.254',
    '169.254.170.2',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    'fe80::1',
    'fd00:ec2::254',
  ],
  ...[
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '198.18.0.1',
    '100.100.100.200',
    '::',
    '::7f00:1',
    'ff02::1',
  ],
  ...['64:ff9b::7f00:1', '2002:7f00:1::', '2001::1', '2001:db8::1', 'localhost', ''],
])('never lets %s through', (address) => {
  expect([false, true].map((allowsPrivate) => isAllowedAddress(address, allowsPrivate))).toEqual([
    false,
    false,
  ])
})
