import { describe, expect, test } from 'vitest'
import { sha256 } from '../../attestation/crypto.ts'
import { decodeUtf8, encodeBase64, encodeUtf8 } from '../../attestation/encoding.ts'
import {
  type EndorsementFields,
  encodeEndorsements,
  parseEndorsements,
  tdxEndorsements
} from '../../attestation/endorsements.ts'
import { encodeJcs, type JsonValue } from '../../attestation/jcs.ts'
import { encodeTdxCollateral, parseTdxCollateral } from '../../attestation/tdx/collateral.ts'
import { createVirtualCollateral } from '../../attestation/virtual/collateral.ts'
import { createLabRoot, NOW } from '../fakes/virtual-evidence.ts'

const collateralBytes = await createVirtualCollateral(await createLabRoot(), {}, NOW)
const tdx = parseTdxCollateral(collateralBytes)
const fields: EndorsementFields = {
  tdx,
  rims: [encodeUtf8('<rim/>')],
  ocsp: [Uint8Array.of(1, 2)],
  crls: [Uint8Array.of(3)],
  nras: ['[]']
}

type Document = { [member: string]: JsonValue }

function changed(change: (document: Document) => void): Uint8Array {
  const document = JSON.parse(decodeUtf8(encodeEndorsements(fields))) as Document
  change(document)
  return encodeJcs(document)
}

describe('endorsements', () => {
  test('are read as they were written, under the digest of their bytes', () => {
    const bytes = encodeEndorsements(fields)
    expect(parseEndorsements(bytes)).toEqual({ ...fields, digest: sha256(bytes) })
    const none = { tdx, rims: [], ocsp: [], crls: [], nras: [] }
    expect(parseEndorsements(encodeEndorsements(none))).toMatchObject(none)
  })

  test('of a platform alone are the TDX collateral’s document', () => {
    const endorsements = parseEndorsements(collateralBytes)
    expect(endorsements).toMatchObject({ tdx, rims: [], ocsp: [], crls: [], nras: [] })
    expect(endorsements.digest).toEqual(sha256(encodeTdxCollateral(tdx)))
    expect(tdxEndorsements(tdx)).toBe(tdxEndorsements(tdx))
  })

  const text = decodeUtf8(encodeEndorsements(fields))
  test.each([
    ['white space', encodeUtf8(` ${text}`)],
    ['another order', encodeUtf8(`{"v":1,${text.slice(1, -7)}}`)],
    ['another version', changed((document) => Object.assign(document, { v: 2 }))],
    ['version 0', changed((document) => Object.assign(document, { v: 0 }))],
    ['a member that nobody reads', changed((document) => Object.assign(document, { x: 1 }))],
    [
      'a member of the collateral that nobody reads',
      changed(({ tdx: inner }) => Object.assign(inner as object, { x: 1 }))
    ],
    ['no manifests', changed((document) => delete document['rims'])],
    ['manifests that are not a list', changed((document) => Object.assign(document, { rims: 'x' }))],
    ['a manifest that is not base64', changed((document) => Object.assign(document, { rims: ['*'] }))],
    [
      'more manifests than a machine has',
      changed((document) => Object.assign(document, { rims: new Array(17).fill('') }))
    ],
    [
      'an answer of a mebibyte',
      changed((document) => Object.assign(document, { ocsp: [encodeBase64(new Uint8Array(1 << 20))] }))
    ],
    ['an opinion that is not text', changed((document) => Object.assign(document, { nras: [1] }))]
  ])('are refused with %s', (_, bytes) => {
    expect(() => parseEndorsements(bytes)).toThrow(expect.objectContaining({ code: 'ENDORSEMENTS_MALFORMED' }))
  })

  test('are refused without collateral', () => {
    const without = changed((document) => Object.assign(document, { tdx: {} }))
    expect(() => parseEndorsements(without)).toThrow(expect.objectContaining({ code: 'COLLATERAL_MALFORMED' }))
    expect(() => parseEndorsements(encodeUtf8('{}'))).toThrow(expect.objectContaining({ code: 'COLLATERAL_MALFORMED' }))
  })
})
