// Integers twice as wide as a machine word: products of two 64-bit numbers fit. An extension that every supported compiler has.
#pragma once

namespace wardpulse {

__extension__ using Wide = __int128;
__extension__ using UnsignedWide = unsigned __int128;

} // namespace wardpulse
