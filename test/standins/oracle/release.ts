import * as c from './constants.ts';

/** What differs between the servers that can be stood in for. */
export interface Release {
  /** As the driver tells it: `19.3.0.0.0`. */
  versionNumber: number;
  protocolVersion: number;
  acceptFlags: number;
  fieldVersion: number;
  /** Has the fields and the signs for the end of a response that came with 23ai. */
  is23ai: boolean;
}

export const RELEASES = {
  '19c': {
    versionNumber: (19 << 24) | (3 << 16),
    protocolVersion: c.TNS_VERSION_MIN_DATA_FLAGS,
    acceptFlags: 0,
    fieldVersion: c.TNS_CCAP_FIELD_VERSION_19_1,
    is23ai: false,
  },
  '23ai': {
    versionNumber: (23 << 24) | (5 << 16),
    protocolVersion: c.TNS_VERSION_MIN_END_OF_RESPONSE,
    acceptFlags: c.TNS_ACCEPT_FLAG_FAST_AUTH | c.TNS_ACCEPT_FLAG_HAS_END_OF_REQUEST,
    fieldVersion: c.TNS_CCAP_FIELD_VERSION_23_4,
    is23ai: true,
  },
} as const satisfies Record<string, Release>;
