// Makes accepted/*.json and refused/*.json: `node test/vectors/voucher/generate.ts` from the repository's root.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { ed25519PrivateKey, ed25519PublicBytes, sha256 } from '../../../attestation/crypto.ts'
import { concatBytes, encodeHex, encodeUtf8 } from '../../../attestation/encoding.ts'
import { encodeVoucher, signVoucher, type VoucherFields } from '../../../attestation/receipt/voucher.ts'

const seed = (label: string) => sha256(encodeUtf8(`bombyx published vectors: voucher ${label}`))
const [key, oldKey, strangersKey] = [seed('key'), seed('old key'), seed('stranger')].map(ed25519PrivateKey)
if (key === undefined || oldKey === undefined || strangersKey === undefined) throw new Error('no keys')

const good: VoucherFields = {
  escrow: seed('escrow'),
  payee: seed('payee'),
  cumulative: 1_234_567_890n,
  usageRoot: seed('usage root')
}
const signed = signVoucher(good, key)
const expected = {
  escrow: encodeHex(good.escrow),
  payee: encodeHex(good.payee),
  voucher_keys: [encodeHex(ed25519PublicBytes(key))]
}
const during = { ...expected, voucher_keys: [...expected.voucher_keys, encodeHex(ed25519PublicBytes(oldKey))] }
const most = 2n ** 128n - 1n
const altered = (at: number) => signed.map((byte, i) => (i === at ? byte ^ 1 : byte))

const accepted = {
  'an-amount': { fields: good, signed, expected },
  nothing: { fields: { ...good, cumulative: 0n }, signed: signVoucher({ ...good, cumulative: 0n }, key), expected },
  'the-largest-amount': { fields: { ...good, cumulative: most }, signed: signVoucher({ ...good, cumulative: most }, key), expected },
  'by-the-old-key-of-two': { fields: good, signed: signVoucher(good, oldKey), expected: during }
}

const refused: Record<string, readonly [code: string, signed: Uint8Array]> = {
  truncated: ['VOUCHER_MALFORMED', signed.subarray(0, -1)],
  extended: ['VOUCHER_MALFORMED', concatBytes(signed, Uint8Array.of(0))],
  unsigned: ['VOUCHER_MALFORMED', encodeVoucher(good)],
  'another-version': ['VOUCHER_MALFORMED', altered(14)],
  'another-escrow': ['VOUCHER_REFUSED', signVoucher({ ...good, escrow: seed('another escrow') }, key)],
  'another-payee': ['VOUCHER_REFUSED', signVoucher({ ...good, payee: seed('another payee') }, key)],
  'another-key': ['VOUCHER_REFUSED', signVoucher(good, strangersKey)],
  'an-old-key': ['VOUCHER_REFUSED', signVoucher(good, oldKey)],
  'altered-amount': ['VOUCHER_REFUSED', altered(94)],
  'altered-usage-root': ['VOUCHER_REFUSED', altered(126)],
  'altered-signature': ['VOUCHER_REFUSED', altered(127)]
}

for (const folder of ['accepted/', 'refused/']) {
  rmSync(new URL(folder, import.meta.url), { recursive: true, force: true })
  mkdirSync(new URL(folder, import.meta.url))
}
for (const [name, { fields, signed: bytes, ...vector }] of Object.entries(accepted)) {
  const read = { cumulative: String(fields.cumulative), usage_root: encodeHex(fields.usageRoot) }
  write(`accepted/${name}.json`, { ...vector, signed: encodeHex(bytes), ...read })
}
for (const [name, [code, bytes]] of Object.entries(refused)) {
  write(`refused/${name}.json`, { code, expected, signed: encodeHex(bytes) })
}

function write(name: string, value: unknown): void {
  writeFileSync(new URL(name, import.meta.url), `${JSON.stringify(value, null, 1)}\n`)
}
