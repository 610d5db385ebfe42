#pragma once

/* What the screen says: the loader's own words, or those by which Chameleon's route knows that loader. */
#if defined WORDS_own
#define banner_words "cidermill stand-in loader"
#define countdown_words "Press any key for the startup options."
#elif defined WORDS_chameleon
#define banner_words "Darwin/x86 boot v5.0.132 - Chameleon v2.3svn r2534"
#define countdown_words "Press any key to enter startup options."
#else
#error "WORDS is own or chameleon"
#endif
