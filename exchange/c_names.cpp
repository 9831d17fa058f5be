// The names that C and C++ keep for themselves.
#include <reel/exchange/c_names.h>

#include <algorithm>

namespace reel::c_names {
namespace {

// The words of C23 and C++23 that do not begin with an underscore.
constexpr std::string_view keywords =
    " alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t "
    "char32_t class co_await co_return co_yield compl concept const const_cast consteval constexpr "
    "constinit continue decltype default delete do double dynamic_cast else enum explicit export "
    "extern false float for friend goto if inline int long mutable namespace new noexcept not "
    "not_eq nullptr operator or or_eq private protected public register reinterpret_cast requires "
    "restrict return short signed sizeof static static_assert static_cast struct switch template "
    "this thread_local throw true try typedef typeid typename typeof typeof_unqual union unsigned "
    "using virtual void volatile wchar_t while xor xor_eq ";

// The functions of C23's library, but those of mathematics; they are reserved in every file
// (7.1.3).
constexpr std::string_view library =
    " abort abs aligned_alloc asctime at_quick_exit atexit atof atoi atol atoll bsearch calloc "
    "clearerr clock ctime difftime div exit fclose feof ferror fflush fgetc fgetpos fgets fgetwc "
    "fopen fprintf fputc fputs fputwc fread free freopen fscanf fseek fsetpos ftell fwide fwprintf "
    "fwrite fwscanf getc getchar getenv gets getwc getwchar gmtime imaxabs imaxdiv isalnum isalpha "
    "isblank iscntrl isdigit isgraph islower isprint ispunct isspace isupper iswalnum iswalpha "
    "isxdigit labs ldiv llabs lldiv localeconv localtime longjmp main malloc mblen mbrlen mbrtowc "
    "mbsinit mbstowcs mbtowc memccpy memchr memcmp memcpy memmove memset mktime perror printf putc "
    "putchar puts putwc putwchar qsort quick_exit raise rand realloc remove rename rewind scanf "
    "setbuf setjmp setlocale setvbuf signal snprintf sprintf srand sscanf std strcat strchr strcmp "
    "strcoll strcpy strcspn strdup strerror strftime strlen strncat strncmp strncpy strndup "
    "strpbrk strrchr strspn strstr strtod strtof strtok strtol strtold strtoll strtoul strtoull "
    "strxfrm swprintf system time timespec_get tmpfile tmpnam tolower toupper towlower towupper "
    "ungetc ungetwc va_arg va_copy va_end va_start vfprintf vfscanf vprintf vscanf vsnprintf "
    "vsprintf vsscanf wcslen wcscpy wctomb wprintf wscanf ";

// What <math.h>, <stddef.h> and <stdio.h> define for all kinds of numbers, also beyond the
// standard: POSIX and GNU.
constexpr std::string_view headers =
    " BUFSIZ EOF FILE FILENAME_MAX FOPEN_MAX FP_FAST_FMA FP_FAST_FMAF FP_FAST_FMAL FP_ILOGB0 "
    "FP_ILOGBNAN FP_INFINITE FP_NAN FP_NORMAL FP_SUBNORMAL FP_ZERO HUGE_VAL HUGE_VALF HUGE_VALL "
    "INFINITY L_tmpnam MATH_ERREXCEPT MATH_ERRNO NAN NULL SEEK_CUR SEEK_END SEEK_SET TMP_MAX "
    "double_t float_t fpclassify fpos_t isfinite isgreater isgreaterequal isinf isless "
    "islessequal islessgreater isnan isnormal isunordered j0 j1 jn math_errhandling max_align_t "
    "nullptr_t offsetof ptrdiff_t signbit signgam size_t ssize_t stderr stdin stdout unreachable "
    "va_list wint_t y0 y1 yn ";

// The functions of <math.h>; each is there for float and long double too, as sinf and sinl.
constexpr std::string_view mathematics =
    " acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh drem erf erfc exp exp10 "
    "exp2 expm1 fabs fdim finite floor fma fmax fmin fmod frexp gamma hypot ilogb ldexp lgamma "
    "lgamma_r llrint llround log log10 log1p log2 logb lrint lround modf nan nearbyint nextafter "
    "nexttoward pow pow10 remainder remquo rint round scalb scalbln scalbn significand sin sincos "
    "sinh sqrt tan tanh tgamma trunc ";

bool has(std::string_view words, std::string_view name) {
  for (std::size_t at = words.find(name); at != words.npos; at = words.find(name, at + 1))
    if (words[at - 1] == ' ' && words[at + name.size()] == ' ') return true;
  return false;
}

bool is_identifier(std::string_view name) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto in_one = [&](char c) {
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c);
  };
  return !name.empty() && !is_digit(name[0]) && std::all_of(name.begin(), name.end(), in_one);
}

}  // namespace

std::string_view objection(std::string_view name) {
  if (!is_identifier(name)) return "is no identifier";
  if (name[0] == '_' || name.find("__") != name.npos)
    return "is reserved: it begins with an underscore, or has two in a row";
  if (has(keywords, name)) return "is a keyword of C or C++";
  const bool suffixed = name.size() > 1 && (name.back() == 'f' || name.back() == 'l');
  if (has(library, name) || has(headers, name) || has(mathematics, name) ||
      (suffixed && has(mathematics, name.substr(0, name.size() - 1))))
    return "is a name of the C library";
  return {};
}

}  // namespace reel::c_names
