/** Numbers of Oracle Net and TTC, named as in the driver's `thin/sqlnet/constants.js` and `thin/protocol/constants.js`. */

// packet types
export const NSPTCN = 1;
export const NSPTAC = 2;
export const NSPTRF = 4;
export const NSPTDA = 6;
export const NSPTMK = 12;

// packet header
export const NSPHDLEN = 0;
export const NSPHDTYP = 4;
export const NSPSIZHD = 8;

// connect packet
export const NSPCNLEN = 24;
export const NSPCNOFF = 26;
export const NSPCNLSD = 58;
export const NSPCNLTD = 62;

// accept packet
export const NSPACVSN = 8;
export const NSPACSDU = 12;
export const NSPACTDU = 14;
export const NSPACONE = 16;
export const NSPACOFF = 20;
export const NSPACFL0 = 22;
export const NSPACFL1 = 23;
export const NSPACLSD = 32;
export const NSPACLTD = 36;
export const NSPACFL2 = 41;
export const NSINADISABLEDFORCONNECTION = 0x04;
export const NSINANOSERVICES = 0x08;
export const NSINAREQUIRED = 0x10;
export const NA_MAGIC = 0xdeadbeef;
export const NA_ENCRYPTION = 2;
export const TNS_VERSION_MIN_DATA_FLAGS = 318;
export const TNS_VERSION_MIN_END_OF_RESPONSE = 319;
export const TNS_ACCEPT_FLAG_HAS_END_OF_REQUEST = 0x02000000;
export const TNS_ACCEPT_FLAG_FAST_AUTH = 0x10000000;
export const NSPMXSDULN = 65535;
export const NSPMNSDULN = 512;

// refuse packet
export const NSPRFURS = 8;
export const NSPRFSRS = 9;
export const NSPRFLEN = 10;

// data packet
export const NSPDAFLG = 8;
export const NSPDADAT = 10;
export const NSPDAFEOF = 0x40;
export const TNS_DATA_FLAGS_END_OF_REQUEST = 0x800;
export const TNS_DATA_FLAGS_END_OF_RESPONSE = 0x2000;

// marker packet
export const NSPMKDAT = 10;
export const NSPMKTD1 = 1;
export const NIQBMARK = 1;
export const NIQRMARK = 2;

// message types
export const TNS_MSG_TYPE_PROTOCOL = 1;
export const TNS_MSG_TYPE_DATA_TYPES = 2;
export const TNS_MSG_TYPE_FUNCTION = 3;
export const TNS_MSG_TYPE_ERROR = 4;
export const TNS_MSG_TYPE_ROW_HEADER = 6;
export const TNS_MSG_TYPE_ROW_DATA = 7;
export const TNS_MSG_TYPE_PARAMETER = 8;
export const TNS_MSG_TYPE_STATUS = 9;
export const TNS_MSG_TYPE_WARNING = 15;
export const TNS_MSG_TYPE_DESCRIBE_INFO = 16;
export const TNS_MSG_TYPE_PIGGYBACK = 17;
export const TNS_MSG_TYPE_BIT_VECTOR = 21;
export const TNS_MSG_TYPE_END_OF_REQUEST = 29;
export const TNS_MSG_TYPE_FAST_AUTH = 34;

// functions
export const TNS_FUNC_REEXECUTE = 4;
export const TNS_FUNC_FETCH = 5;
export const TNS_FUNC_LOGOFF = 9;
export const TNS_FUNC_COMMIT = 14;
export const TNS_FUNC_ROLLBACK = 15;
export const TNS_FUNC_REEXECUTE_AND_FETCH = 78;
export const TNS_FUNC_EXECUTE = 94;
export const TNS_FUNC_CLOSE_CURSORS = 105;
export const TNS_FUNC_AUTH_PHASE_TWO = 115;
export const TNS_FUNC_AUTH_PHASE_ONE = 118;
export const TNS_FUNC_CANCEL_CURSORS = 120;
export const TNS_FUNC_SET_END_TO_END_ATTR = 135;
export const TNS_FUNC_PING = 147;
export const TNS_FUNC_SET_SCHEMA = 152;

// execute options
export const TNS_EXEC_OPTION_EXECUTE = 0x20;
export const TNS_EXEC_OPTION_FETCH = 0x40;

// capabilities
export const TNS_CCAP_FIELD_VERSION = 7;
export const TNS_CCAP_FIELD_VERSION_19_1 = 12;
export const TNS_CCAP_FIELD_VERSION_23_4 = 24;
export const TNS_CCAP_MAX = 53;
export const TNS_RCAP_COMPAT = 0;
export const TNS_RCAP_COMPAT_81 = 2;
export const TNS_RCAP_TZ = 1;
export const TNS_RCAP_TZ_EX = 0x01;
export const TNS_RCAP_TTC = 6;
export const TNS_RCAP_TTC_32K = 0x04;
export const TNS_RCAP_MAX = 7;
export const TNS_VERIFIER_TYPE_12C = 0x4815;
export const TNS_CHARSET_UTF8 = 873;
export const TNS_CHARSET_UTF16 = 2000;
export const CSFRM_IMPLICIT = 1;
export const CSFRM_NCHAR = 2;

// data types
export const TNS_DATA_TYPE_VARCHAR = 1;
export const TNS_DATA_TYPE_NUMBER = 2;
export const TNS_DATA_TYPE_BINARY_INTEGER = 3;
export const TNS_DATA_TYPE_LONG = 8;
export const TNS_DATA_TYPE_DATE = 12;
export const TNS_DATA_TYPE_CHAR = 96;
export const TNS_DATA_TYPE_TIMESTAMP = 180;
export const TNS_DATA_TYPE_TIMESTAMP_TZ = 181;
export const TNS_DATA_TYPE_TIMESTAMP_LTZ = 231;

// encodings
export const TNS_MAX_SHORT_LENGTH = 252;
export const TNS_LONG_LENGTH_INDICATOR = 254;
export const TNS_NULL_LENGTH_INDICATOR = 255;
export const TNS_CHUNK_SIZE = 32767;
export const TNS_DURATION_MID = 0x80000000;
export const TNS_DURATION_OFFSET = 60;
export const TZ_HOUR_OFFSET = 20;
export const TZ_MINUTE_OFFSET = 60;

// end of call
/** Set in every end of call that was recorded from a server; the driver has no name for it. */
export const END_OF_CALL = 0x01;
export const TNS_EOCS_FLAGS_TXN_IN_PROGRESS = 0x02;
export const TNS_ERR_NO_DATA_FOUND = 1403;
export const TNS_ERR_INVALID_SERVICE_NAME = 12514;
export const TNS_ERR_INVALID_SID = 12505;
