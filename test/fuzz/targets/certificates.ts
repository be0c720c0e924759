import { DER_TAG, DerReader } from '../../../attestation/der.ts'
import { encodeUtf8 } from '../../../attestation/encoding.ts'
import { decodePem, encodePem } from '../../../attestation/pem.ts'
import { readPckExtension } from '../../../attestation/tdx/pck.ts'
import { parseQeIdentity } from '../../../attestation/tdx/qe-identity.ts'
import { parseTcbInfo } from '../../../attestation/tdx/tcb-info.ts'
import { parseCertificate, parseCertificateChain, parseCrl } from '../../../attestation/x509.ts'
import { createEvidence, createRoot } from '../../attestation/tdx/evidence.ts'
import type { FuzzTarget } from '../target.ts'

const CERTIFICATE = ['CERTIFICATE_MALFORMED', 'DER_MALFORMED']

/** What Intel's service, or whoever answers in its place, gives. */
export async function certificateTargets(): Promise<readonly FuzzTarget[]> {
  const root = await createRoot()
  const { quote, collateral } = await createEvidence(root)
  const chain = encodeUtf8(quote.pckChainPem)
  const ders = decodePem(quote.pckChainPem)
  return [
    {
      name: 'DER',
      seeds: [...ders, collateral.pckCrl],
      codes: ['DER_MALFORMED'],
      weight: 12,
      limitMs: 100,
      run: (input) => readAll(input)
    },
    {
      name: 'certificate',
      seeds: ders,
      codes: [...CERTIFICATE, 'PCK_CHAIN_INVALID'],
      weight: 10,
      limitMs: 100,
      run: (input) => void readPckExtension(parseCertificate(input))
    },
    {
      name: 'CRL',
      seeds: [collateral.pckCrl, collateral.rootCaCrl],
      codes: CERTIFICATE,
      weight: 10,
      limitMs: 150,
      run: (input) => void parseCrl(input)
    },
    {
      name: 'PEM chain',
      seeds: [chain, encodeUtf8(encodePem([root.root.certificate]))],
      codes: CERTIFICATE,
      weight: 8,
      limitMs: 150,
      run: (input) => void parseCertificateChain(Buffer.from(input).toString('latin1'))
    },
    {
      name: 'TCB info',
      seeds: [encodeUtf8(collateral.tcbInfo)],
      json: true,
      codes: ['COLLATERAL_MALFORMED', 'TCB_INFO_MISMATCH'],
      weight: 6,
      limitMs: 150,
      run: (input) => void parseTcbInfo(Buffer.from(input).toString('latin1'))
    },
    {
      name: 'QE identity',
      seeds: [encodeUtf8(collateral.qeIdentity)],
      json: true,
      codes: ['COLLATERAL_MALFORMED', 'QE_IDENTITY_VERSION_INVALID'],
      weight: 6,
      limitMs: 150,
      run: (input) => void parseQeIdentity(Buffer.from(input).toString('latin1'))
    }
  ]
}

/** Enters whatever is constructed and reads each primitive in the way of its type. */
function readAll(input: Uint8Array): void {
  const open = [new DerReader(input)]
  for (const reader of open) {
    while (!reader.done) {
      const { raw, tag, content } = reader.any('element')
      if ((tag & 0x20) !== 0) open.push(new DerReader(content))
      const again = new DerReader(raw)
      if (tag === DER_TAG.integer) again.smallInteger(0x7fff_ffff, 'integer')
      else if (tag === DER_TAG.oid) again.oid('oid')
      else if (tag === DER_TAG.boolean) again.boolean('boolean')
      else if (tag === DER_TAG.bitString) again.bitString('bits')
      else if (tag === DER_TAG.utcTime || tag === DER_TAG.generalizedTime) again.time('time')
    }
  }
}
