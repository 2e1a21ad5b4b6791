"""exchanges/simulated"""
