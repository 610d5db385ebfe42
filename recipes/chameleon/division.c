/*
 * Division of 64 bits, which compilers for i386 call by these names and expect of a library. A dividend of 64 bits is
 * divided bit by bit, as on paper; loaders divide rarely.
 */
typedef unsigned long long u64;
typedef long long s64;

u64 __udivmoddi4(u64 dividend, u64 divisor, u64 *remainder);
u64 __udivdi3(u64 dividend, u64 divisor);
u64 __umoddi3(u64 dividend, u64 divisor);
s64 __divdi3(s64 dividend, s64 divisor);
s64 __moddi3(s64 dividend, s64 divisor);

/* By zero it stops where the processor's own division would: with exception 0. */
u64 __udivmoddi4(u64 dividend, u64 divisor, u64 *remainder)
{
    u64 quotient = 0, rest = 0;
    if (divisor == 0) asm volatile("int $0");
    for (int bit = 63; bit >= 0; bit--) {
        int carry = rest >> 63;
        rest = rest << 1 | (dividend >> bit & 1);
        if (carry || rest >= divisor) {
            rest -= divisor;
            quotient |= 1ULL << bit;
        }
    }
    if (remainder) *remainder = rest;
    return quotient;
}

u64 __udivdi3(u64 dividend, u64 divisor) { return __udivmoddi4(dividend, divisor, 0); }

u64 __umoddi3(u64 dividend, u64 divisor)
{
    u64 remainder;
    __udivmoddi4(dividend, divisor, &remainder);
    return remainder;
}

/* Unsigned arithmetic, so that the smallest number has an absolute value. */
static u64 absolute(s64 value) { return value < 0 ? -(u64)value : (u64)value; }

/* Rounds towards zero, as C does. */
s64 __divdi3(s64 dividend, s64 divisor)
{
    u64 quotient = __udivdi3(absolute(dividend), absolute(divisor));
    return (dividend < 0) != (divisor < 0) ? -quotient : quotient;
}

/* Of the dividend's sign. */
s64 __moddi3(s64 dividend, s64 divisor)
{
    u64 remainder = __umoddi3(absolute(dividend), absolute(divisor));
    return dividend < 0 ? -remainder : remainder;
}
