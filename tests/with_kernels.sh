# Runs a test with a variable that chooses kernels: sh with_kernels.sh NAME=VALUE PROGRAM ARGUMENTS…
# Exits with 77, which ctest takes for skipped, where the processor does not have their instructions.
case $1 in
  *AVX512* | *SkylakeX) flag=avx512f ;;
  *) flag=avx2 ;;
esac
grep -qw "$flag" /proc/cpuinfo || exit 77
exec env "$@"
