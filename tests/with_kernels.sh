# Runs a test with an environment variable that chooses kernels: sh with_kernels.sh NAME=VALUE
# PROGRAM ARGUMENTS… Exits with 77 (ctest: skipped) if the processor lacks the instructions of these
# kernels.
case $1 in
  *AVX512* | *SkylakeX) flag=avx512f ;;
  *) flag=avx2 ;;
esac
grep -qw "$flag" /proc/cpuinfo || exit 77
exec env "$@"
