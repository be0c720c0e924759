/** A refusal in the shape and with the status that vLLM's OpenAI server gives. */
export class EngineError extends Error {
  readonly status: number
  readonly type: string
  readonly param: string | null

  constructor(status: number, type: string, message: string, param: string | null = null) {
    super(message)
    this.name = 'EngineError'
    this.status = status
    this.type = type
    this.param = param
  }

  get body(): object {
    return { error: { message: this.message, type: this.type, param: this.param, code: this.status } }
  }
}

/** What FastAPI refuses before vLLM sees it. */
export class RoutingError extends EngineError {
  override get body(): object {
    return { detail: this.message }
  }
}

/** What vLLM's own checks refuse. */
export function badRequest(message: string, param: string | null = null): EngineError {
  return new EngineError(400, 'BadRequestError', message, param)
}

/** What vLLM's request model refuses, before its own checks. */
export function invalidBody(field: string, problem: string): EngineError {
  const loc = `body.${field}`
  const message = `1 validation error:\n  {'type': 'value_error', 'loc': '${loc}', 'msg': '${problem}'}`
  return new EngineError(400, 'Bad Request', message, loc)
}

export function unknownModel(model: string, served: readonly string[]): EngineError {
  const message = `The model \`${model}\` does not exist. Valid aliases: ${served.join(', ')}.`
  return new EngineError(404, 'NotFoundError', message, 'model')
}
