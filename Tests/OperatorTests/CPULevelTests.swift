import CKernels
import TestSupport
import Testing

/// Kernels that choose their variant by the CPU, in the variants for older CPUs than the one that runs the tests.
///
/// The limit is the process's: tests that run meanwhile take the older variants too, and must hold all the same.
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
