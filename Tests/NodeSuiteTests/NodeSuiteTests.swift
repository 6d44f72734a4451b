import NodeSuite
import Testing

@Suite struct NodeSuiteTests {
}
