import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { sha256 } from '../../attestation/crypto.ts'
import { decodeBase64, decodeUtf8, encodeHex, encodeUtf8 } from '../../attestation/encoding.ts'
import { decodePem } from '../../attestation/pem.ts'
import { parseCertificate } from '../../attestation/x509.ts'

/** What is said instead of the truth: claims put in place of others, of the whole and of each device. */
export interface NrasChanges {
  readonly overall?: Readonly<Record<string, unknown>>
  readonly device?: Readonly<Record<string, unknown>>
  /** Signed with a key that the issuer does not publish. */
  readonly stranger?: true
}

interface Question {
  readonly nonce: string
  readonly arch: string
  readonly claims_version: string
  readonly evidence_list: readonly { readonly evidence: string; readonly certificate: string }[]
}

/** A remote attestation service with a key of its own, which agrees on whatever it is asked about. */
export async function createNras() {
  const own = await generateKeyPair('ES384', { extractable: true })
  const stranger = await generateKeyPair('ES384')
  const keySet = JSON.stringify({ keys: [{ ...(await exportJWK(own.publicKey)), kid: 'k', alg: 'ES384' }] })
  const answer = async (issuer: string, question: Question, changes: NrasChanges, now: Date): Promise<string> => {
    const { privateKey } = changes.stranger === true ? stranger : own
    const sign = (claims: object): Promise<string> =>
      new SignJWT({ ...claims }).setProtectedHeader({ alg: 'ES384', kid: 'k' }).sign(privateKey)
    const iat = Math.floor(now.getTime() / 1000)
    const times = { iss: issuer, iat, nbf: iat, exp: iat + 3600, eat_nonce: question.nonce }
    const kind = question.arch === 'LS10' ? 'SWITCH' : 'GPU'
    const submodules = await Promise.all(
      question.evidence_list.map(async ({ certificate }, at) => {
        const claims = { ...times, ueid: ueidOf(certificate), measres: 'success', ...changes.device }
        return [`${kind}-${at}`, await sign(claims)] as const
      })
    )
    const digests = submodules.map(([name, jwt]) => [name, ['DIGEST', ['SHA-256', encodeHex(sha256(encodeUtf8(jwt)))]]])
    const overall = { ...times, 'x-nvidia-overall-att-result': true, submods: Object.fromEntries(digests) }
    return JSON.stringify([['JWT', await sign({ ...overall, ...changes.overall })], Object.fromEntries(submodules)])
  }
  return { keySet, answer }
}

/** The number of the leaf certificate, in decimal. */
function ueidOf(certificate: string): string {
  const [leaf = new Uint8Array()] = decodePem(decodeUtf8(decodeBase64(certificate)))
  return BigInt(`0x${parseCertificate(leaf).serialNumber}`).toString()
}
