import CKernels
import TestSupport
import Testing

/// Kernels that choose their variant by the CPU, in the variants for older CPUs than the one that runs the tests.
///
/// The limit is the calling thread's, so that tests that run meanwhile are not touched; what other threads of its team compute
/// they compute in their own variant.
@Suite(.serialized) struct CPULevelTests {
    @Test(arguments: [1, 3, 4]) func everyVariantMatchesTheReference(_ level: Int) throws {
        defer { ck_limit_cpu_level(4) }
        ck_limit_cpu_level(Int32(level))
        let products = GemmTests.cases + GemmTests.large + FusedMatMulTests.cases + ScaledDotProductAttentionTests.cases
        let cases = products + ResizeTests.large
        for testCase in cases {
            #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
            #expect(ck_cpu_level() <= Int32(level))
        }
    }
}
